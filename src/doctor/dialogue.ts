import { type Capabilities, parseCapabilities, type Reply } from '#smtp';
import type { Wire } from './wire.js';

/** A reply as it stood on the wire. */
export const wholeReply = ({ code, lines }: Reply): string =>
  lines.map((line, at) => `${code}${at < lines.length - 1 ? '-' : ' '}${line}`).join('\n');

/** The extensions in an answer to EHLO, in capitals; the first line is none. */
const keywordsOf = ({ lines }: Reply): string[] =>
  lines.slice(1).map((line) => line.trim().split(/[ =]/, 1)[0]?.toUpperCase() ?? '');

export const capabilitiesOf = (ehlo: Reply): Capabilities => parseCapabilities(wholeReply(ehlo));

export const offersStartTls = (ehlo: Reply): boolean => keywordsOf(ehlo).includes('STARTTLS');

/** Extensions that a firewall has overwritten: `XXXXXXXA`. */
export const offersMaskedWords = (ehlo: Reply): boolean => keywordsOf(ehlo).some(isMaskedWord);

/** An extension that a firewall has overwritten. */
export const isMaskedWord = (keyword: string): boolean => /^X{4,}[A-Z]?$/.test(keyword);

/** Says EHLO. @param name what we call ourselves */
export const sayEhlo = async (wire: Wire, name: string, ms: number) =>
  await wire.ask(`EHLO ${name}`, ms);

export const isPositive = ({ code }: Reply): boolean => code >= 200 && code < 300;
