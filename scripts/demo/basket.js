// @ts-check
/**
 * What a basket of tokens is worth, in whole cents: a function as contract authors write it.
 * @param {{ source: string, basket: Record<string, number> }} args
 * @param {import('../../types/function.js').Context} ctx
 */
export default async ({ source, basket }, ctx) => {
  const prices = await (await ctx.fetch(`${source}/prices`)).json();
  let cents = 0n;
  for (const [token, amount] of Object.entries(basket)) {
    const price = BigInt(prices[token].USD.replace('.', ''));
    cents += price * BigInt(amount);
    ctx.log(token, amount, 'at', price, 'cents');
  }
  return { usdCents: Number(cents), block: ctx.block.index };
};
