/** Columns of a terminal that every line fits into, but for a word that is longer itself. */
export const WIDTH = 80;

/** A text in lines of at most 80 columns; `indent` stands before every line but the first. */
export function wrap(text: string, first = '', indent = first): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(/ +/)) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** Text with more at the right edge of `width` columns, or on a line of its own where it is too long. */
export function withRight(left: string, right: string, width: number): string[] {
  if (right === '') return [left];
  const room = width - left.length - right.length;
  return room >= 2 ? [left + ' '.repeat(room) + right] : [left, right.padStart(width)];
}
