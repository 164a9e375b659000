import type { Hash160 } from '../../src/base/hash.js';
import type { Operation } from './operations.js';

/* What the design says of the node account, to run beside a real gateway. */

type NodeOperation<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>;

export class NodeModel {
  overlap: { readonly account: Hash160; readonly until: number } | null = null;
  proposal: { readonly account: Hash160; readonly byOwner: boolean } | null = null;

  constructor(
    private readonly owner: Hash160,
    public node: Hash160 | null,
  ) {}

  mayAnswer(by: Hash160, block: number): boolean {
    return [this.node, this.#openOverlap(block)].includes(by);
  }

  refusalOf(operation: NodeOperation<'proposeNode' | 'acceptNode'>, block: number): string | null {
    const { by } = operation;
    if (operation.kind === 'acceptNode') {
      if (this.proposal === null) return 'no node account is proposed';
      return this.proposal.account === by ? null : 'only the proposed account may accept';
    }
    if (operation.account === this.node) return 'the proposed account is the node account already';
    if (by === this.owner) return null;
    if (by !== this.node) return 'only the owner or the node account may propose a node account';
    if (this.#openOverlap(block) !== null) {
      return 'while an overlap is open only the owner may propose a node account';
    }
    if (!this.proposal?.byOwner) return null;
    return "the owner's proposal is open: only the owner may replace it";
  }

  change(
    operation: NodeOperation<'proposeNode' | 'acceptNode' | 'revokeNode'>,
    block: number,
  ): void {
    if (operation.kind === 'revokeNode') {
      [this.node, this.overlap, this.proposal] = [null, null, null];
    } else if (operation.kind === 'proposeNode') {
      const byOwner = operation.by === this.owner;
      if (byOwner) this.overlap = null;
      this.proposal = { account: operation.account, byOwner };
    } else {
      const { overlapBlocks, by } = operation;
      const until = block + overlapBlocks;
      const stays = this.node !== null && overlapBlocks > 0;
      this.overlap = stays && this.node !== null ? { account: this.node, until } : null;
      [this.node, this.proposal] = [by, null];
    }
  }

  #openOverlap(block: number): Hash160 | null {
    return this.overlap !== null && block <= this.overlap.until ? this.overlap.account : null;
  }
}
