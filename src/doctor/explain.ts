import { nearest } from '#settings';
import { type Situation } from './cause.js';
import { type CauseCode, causeCodes, causes, isCauseCode } from './causes.js';
import { wrap } from './layout.js';
import { EXIT_CODES } from './report.js';

/** The text of `doctor explain CODE`, or what to ask for instead. */
export type Explanation =
  | { readonly found: true; readonly text: string }
  | { readonly found: false; readonly text: string };

const classes: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  ok: 'all is well',
  doctor: 'the doctor itself',
  config: 'settings',
  network: 'network',
  tls: 'TLS',
  protocol: 'protocol',
  auth: 'sign-in',
  sender: 'sender, recipient, permission',
  limits: 'limits and temporary faults',
  delivery: 'delivery',
};

/** Sentences about any server: nothing of this one is known here. */
const anywhere: Situation = { host: 'the server', port: 587, mode: 'starttls' };

/** What a cause means and what to do, for people. */
export function explain(text: string): Explanation {
  const code = text.trim().toUpperCase().replaceAll('-', '_');
  return isCauseCode(code)
    ? { found: true, text: explanationOf(code) }
    : { found: false, text: unknown(code) };
}

function explanationOf(code: CauseCode): string {
  const cause = causes[code];
  const { steps = [], set = {}, unset = [] } = cause.help(anywhere);
  const settings = [...new Set([...cause.settings, ...Object.keys(set), ...unset])];
  const exitCode = EXIT_CODES[cause.class];
  const kind = cause.retryable ? 'it may pass by itself: wait' : 'it stays until something changes';
  return [
    code,
    '',
    ...wrap(cause.explanation, '  '),
    '',
    ...steps.flatMap((step, index) => wrap(step, `  ${index + 1}. `, '     ')),
    ...(steps.length > 0 ? [''] : []),
    ...wrap(`class: ${classes[cause.class]} (exit code ${exitCode}); ${kind}`, '  ', '    '),
    ...(settings.length > 0 ? wrap(`settings: ${settings.join(', ')}`, '  ', '    ') : []),
    ...cause.docs.map((page) => `  see: ${page}`),
  ].join('\n');
}

function unknown(code: string): string {
  const meant = nearest(code, causeCodes, Math.ceil(code.length / 3));
  const near = meant
    ? [`Did you mean ${meant}?`, `Write: doctor explain ${meant}`]
    : wrap('Codes stand in brackets in what the doctor writes, as in error[DNS_NXDOMAIN].');
  const shown = code.length > 0 && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'this code';
  return [`No cause is called ${shown}.`, ...near].join('\n');
}
