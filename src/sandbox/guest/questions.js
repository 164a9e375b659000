import { host } from './host.js';

/** What was asked of the program around the VM and is not answered yet, by number. */
const open = new Map();
let lastId = 0;

/**
 * Asks something that takes time, a fetch or a secret: a promise of the answer's plain data. Text
 * and bytes are copied now.
 */
export function ask(what, details, body) {
  lastId += 1;
  const id = lastId;
  const { promise, resolve, reject } = Promise.withResolvers();
  open.set(id, { resolve, reject });
  const text = JSON.stringify(details);
  const refusal =
    body === null
      ? host.ask(id, what, text)
      : host.ask(id, what, text, body.buffer, body.offset, body.length);
  if (refusal !== undefined) {
    open.delete(id);
    reject(new TypeError(refusal));
  }
  return promise;
}

/** The answer to a question; called by the program around. */
export function answer(id, text) {
  const question = open.get(id);
  if (question === undefined) return;
  open.delete(id);
  const { problem, value } = JSON.parse(text);
  if (problem === undefined) question.resolve(value);
  else question.reject(new TypeError(problem));
}
