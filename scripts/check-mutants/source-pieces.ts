/** A stretch of a source: what runs, or what is only said (comments, texts). */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly kind: 'code' | 'comment' | 'text' | 'template';
}

/**
 * Splits TypeScript into code, comments, texts and the text of templates; what stands in `${…}` is
 * code. Knows no regular expressions: the sources that it is for have none with quotes in them.
 */
export function piecesOf(source: string): Piece[] {
  const pieces: Piece[] = [];
  /** Depth of braces at which each open template goes on. */
  const templates: number[] = [];
  let depth = 0;
  let from = 0;
  let at = 0;
  const end = (kind: Piece['kind'], to: number): void => {
    if (to > from) pieces.push({ from, to, kind });
    from = to;
    at = to;
  };
  const skipTo = (kind: Piece['kind'], stop: number): void => {
    end('code', at);
    end(kind, stop);
  };
  const templateEnd = (start: number): void => {
    let place = start;
    while (source[place] !== '`' && !source.startsWith('${', place)) {
      place += source[place] === '\\' ? 2 : 1;
    }
    end('template', place);
    at = place + (source[place] === '`' ? 1 : 2);
    if (source[place] === '`') return;
    templates.push(depth);
    depth += 1;
  };
  while (at < source.length) {
    const char = source[at];
    if (source.startsWith('//', at)) skipTo('comment', lineEnd(source, at));
    else if (source.startsWith('/*', at)) skipTo('comment', source.indexOf('*/', at) + 2);
    else if (char === "'" || char === '"') skipTo('text', textEnd(source, at));
    else if (char === '`') {
      end('code', at + 1);
      templateEnd(at);
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      at += 1;
      if (char === '}' && templates.at(-1) === depth) {
        templates.pop();
        end('code', at);
        templateEnd(at);
      }
    }
  }
  end('code', source.length);
  return pieces;
}

function lineEnd(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end < 0 ? source.length : end;
}

function textEnd(source: string, start: number): number {
  let at = start + 1;
  while (source[at] !== source[start]) at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}
