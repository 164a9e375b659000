import { jsonpath } from 'json-p3';
import { type ExactObject, type ExactValue, memberNames } from './exact-json.js';
import { compareNumbers, ExactNumber, readNumber } from './exact-number.js';

const {
  FilterQuery,
  FunctionExtension,
  InfixExpression,
  LogicalExpression,
  NumberLiteral,
  PrefixExpression,
} = jsonpath.expressions;
const { FilterSelector } = jsonpath.selectors;

type Expression = jsonpath.expressions.FilterExpression;

/**
 * Replaces the comparisons inside a compiled query by exact ones: json-p3 compares float64, which
 * takes 9007199254740993 for 9007199254740992 and selects the wrong element; it also orders strings
 * by UTF-16 code units, where RFC 9535 (2.3.5.2.2) orders by Unicode scalar values.
 */
export function compareExactly(query: jsonpath.JSONPathQuery): jsonpath.JSONPathQuery {
  for (const segment of query.segments) {
    for (const [i, selector] of segment.selectors.entries()) {
      if (!(selector instanceof FilterSelector)) continue;
      const expression = exact(selector.expression) as typeof selector.expression;
      segment.selectors[i] = new FilterSelector(selector.environment, selector.token, expression);
    }
  }
  return query;
}

function exact(expression: Expression): Expression {
  const { token } = expression;
  if (expression instanceof LogicalExpression) {
    return new LogicalExpression(token, exact(expression.expression));
  }
  if (expression instanceof PrefixExpression) {
    return new PrefixExpression(token, expression.operator, exact(expression.right));
  }
  if (expression instanceof InfixExpression) {
    const left = exact(expression.left);
    const right = exact(expression.right);
    const Infix = expression.logical ? InfixExpression : ExactComparison;
    return new Infix(token, left, expression.operator, right);
  }
  if (expression instanceof FunctionExtension) {
    return new FunctionExtension(token, expression.name, expression.args.map(exact));
  }
  if (expression instanceof NumberLiteral) return new ExactLiteral(token);
  if (expression instanceof FilterQuery) compareExactly(expression.path);
  return expression;
}

/** A number of the path, kept as it was written where a float64 would change it. */
class ExactLiteral extends jsonpath.expressions.FilterExpressionLiteral {
  readonly #value: number | ExactNumber;

  constructor(token: jsonpath.Token) {
    super(token);
    this.#value = readNumber(token.value);
  }

  override evaluate(): unknown {
    return this.#value;
  }

  override toString(): string {
    return this.token.value;
  }
}

class ExactComparison extends InfixExpression {
  override evaluate(context: jsonpath.FilterContext): boolean {
    const left = operand(this.left.evaluate(context));
    const right = operand(this.right.evaluate(context));
    switch (this.operator) {
      case '==':
        return equal(left, right);
      case '!=':
        return !equal(left, right);
      case '<':
        return less(left, right);
      case '>':
        return less(right, left);
      case '<=':
        return less(left, right) || equal(left, right);
      default:
        return less(right, left) || equal(left, right);
    }
  }
}

type Operand = ExactValue | typeof jsonpath.Nothing;

/** Queries in a comparison are singular, so a list holds at most one node. */
function operand(value: unknown): Operand {
  if (!(value instanceof jsonpath.JSONPathNodeList)) return value as Operand;
  const [node] = value.nodes;
  return node === undefined ? jsonpath.Nothing : (node.value as ExactValue);
}

function less(left: Operand, right: Operand): boolean {
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) < 0;
  if (typeof left === 'string' && typeof right === 'string') return precedes(left, right);
  return false;
}

function equal(left: Operand, right: Operand): boolean {
  if (left === right) return true;
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) === 0;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, i) => equal(item, right[i] ?? null));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const names = memberNames(left);
  return (
    names.length === memberNames(right).length &&
    names.every(
      (name) => Object.hasOwn(right, name) && equal(left[name] ?? null, right[name] ?? null),
    )
  );
}

const isNumber = (value: Operand): value is number | ExactNumber =>
  typeof value === 'number' || value instanceof ExactNumber;

const isObject = (value: Operand): value is ExactObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof ExactNumber);

/** Order by Unicode scalar values: surrogates come after all other UTF-16 code units. */
function precedes(left: string, right: string): boolean {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a < b : isSurrogate(b);
  }
  return left.length < right.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
