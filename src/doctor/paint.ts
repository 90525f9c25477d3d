type Colouring = (text: string) => string;

/** How what matters is set apart. */
export interface Paint {
  readonly passed: Colouring;
  readonly failed: Colouring;
  readonly warning: Colouring;
  readonly skipped: Colouring;
  readonly error: Colouring;
  /** Line numbers, margins and other furniture. */
  readonly margin: Colouring;
  readonly help: Colouring;
}

const sgr =
  (...codes: number[]): Colouring =>
  (text) =>
    `\u001b[${codes.join(';')}m${text}\u001b[0m`;

const coloured: Paint = {
  passed: sgr(32),
  failed: sgr(1, 31),
  warning: sgr(33),
  skipped: sgr(2),
  error: sgr(1, 31),
  margin: sgr(34),
  help: sgr(36),
};

const plain: Colouring = (text) => text;
const uncoloured: Paint = {
  passed: plain,
  failed: plain,
  warning: plain,
  skipped: plain,
  error: plain,
  margin: plain,
  help: plain,
};

export const painter = (colour: boolean): Paint => (colour ? coloured : uncoloured);
