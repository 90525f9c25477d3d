import { basename, resolve } from 'node:path';
import type { GivenSetting } from './environment.js';
import { Findings } from './findings.js';
import { type DotenvEntry, readDotenvFile } from './dotenv-file.js';
import type { SettingDescription } from './setting.js';
import type { SettingNames } from './setting-names.js';
import { NotUtf8Error, readTextFile, reasonOf } from './text-file.js';

/** Where settings come from; tests pass their own. */
export interface ConfigurationSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A `.env` file; what `env` has wins over it. It need not exist. */
  readonly dotenvPath?: string;
}

/** The environment of this process and the `.env` file of its working directory. */
export function processSource(): ConfigurationSource {
  return { env: process.env, dotenvPath: resolve('.env') };
}

/**
 * Brings the environment, `.env` and the files named by `NAME_FILE` together. Each value is
 * cleaned here, where it enters: trimmed, or refused when its line was cut or quoted.
 */
export function readEnvironment(
  source: ConfigurationSource,
  known: SettingNames,
): { environment: ReadonlyMap<string, GivenSetting>; findings: Findings } {
  const environment = new Map<string, GivenSetting>();
  const findings = new Findings(environment);
  const dotenv = loadDotenv(source.dotenvPath, findings);
  const place = source.dotenvPath && basename(source.dotenvPath);
  const add = (name: string, original: string, from?: string, fromFile = false): void => {
    const description = known.descriptions.get(name);
    const trimmed = description?.verbatim ? original : original.trim();
    const text = description ? trimmed : original;
    if (text === '' && description && !description.readsEmpty) return;
    const secret = known.isSecret(name, original);
    environment.set(name, { text, original, source: from, fromFile, secret });
  };
  for (const [name, entry] of dotenv) {
    if (source.env[name] === undefined) add(name, entry.text, `${place}:${entry.line}`);
    if (entry.flaw && source.env[name] === undefined)
      refuseFlawedLine(name, entry, `${place}:${entry.line}`, known, environment, findings);
  }
  for (const [name, text] of Object.entries(source.env)) if (text !== undefined) add(name, text);
  for (const name of known.descriptions.keys()) {
    const path = environment.get(`${name}_FILE`);
    if (path && !known.descriptions.has(`${name}_FILE`))
      readFileOf(name, path, environment, findings, add);
  }
  for (const [name, description] of known.descriptions)
    judgeText(name, description, environment.get(name), findings);
  return { environment, findings };
}

function loadDotenv(path: string | undefined, findings: Findings): Map<string, DotenvEntry> {
  if (path === undefined) return new Map();
  try {
    return readDotenvFile(path) ?? new Map();
  } catch (error) {
    findings.refuse(
      'FILE_UNREADABLE',
      basename(path),
      error instanceof NotUtf8Error
        ? 'This file is not saved as UTF-8.'
        : `${path} can not be read: ${reasonOf(error)}.`,
      error instanceof NotUtf8Error
        ? 'Save it again with the encoding UTF-8.'
        : 'Make it a file this user may read, or remove it and write the settings into the environment.',
    );
    return new Map();
  }
}

function refuseFlawedLine(
  name: string,
  entry: DotenvEntry,
  from: string,
  known: SettingNames,
  environment: Map<string, GivenSetting>,
  findings: Findings,
): void {
  const description = known.descriptions.get(name);
  if (!description) return;
  // An empty rest is no value, but the fault has to show what was read.
  const given = { text: '', original: entry.text, source: from, fromFile: false };
  const secret = known.isSecret(name, entry.text);
  if (!environment.has(name)) environment.set(name, { ...given, secret });
  if (entry.flaw === 'unclosed')
    findings.refuse(
      'VALUE_QUOTED',
      name,
      'The quotation mark before the value has no closing one.',
      `Write ${name}=… without quotation marks, or in single quotes: ${name}='…'.`,
    );
  else
    findings.refuse(
      description.codes?.cut ?? 'VALUE_TRUNCATED',
      name,
      'In .env a value without quotes ends at a #, and a value in quotes at the second quote: the rest of this line was cut off.',
      `Put the whole value into single quotes: ${name}='…' (or, before a comment, write a blank before the #).`,
    );
}

function readFileOf(
  name: string,
  path: GivenSetting,
  environment: ReadonlyMap<string, GivenSetting>,
  findings: Findings,
  add: (name: string, text: string, from: string, fromFile: boolean) => void,
): void {
  if (environment.has(name)) {
    findings.refuse(
      'SETTING_CONFLICT',
      name,
      `${name} and ${name}_FILE are both set, and only one of them can hold the value.`,
      `Remove ${name} to read the value from the file, or remove ${name}_FILE.`,
    );
    return;
  }
  try {
    const content = readTextFile(path.text.trim()).replace(/\r?\n$/, '');
    if (content.trim() !== '') add(name, content, path.text.trim(), true);
    else refuseFile('is empty', 'FILE_INVALID');
  } catch (error) {
    if (error instanceof NotUtf8Error) refuseFile('is not UTF-8 text', 'FILE_INVALID');
    else refuseFile(`can not be read: ${reasonOf(error)}`, 'FILE_UNREADABLE');
  }
  function refuseFile(what: string, code: 'FILE_INVALID' | 'FILE_UNREADABLE'): void {
    findings.refuse(
      code,
      `${name}_FILE`,
      `This file ${what}.`,
      `Write ${name}_FILE=/path/to/file with a file that holds the value and that this user may read, or set ${name} itself.`,
    );
  }
}

function judgeText(
  name: string,
  description: SettingDescription,
  given: GivenSetting | undefined,
  findings: Findings,
): void {
  if (!given || findings.isRefused(name)) return;
  const { text, original, fromFile } = given;
  if (/[\r\n]/.test(text.trim()) && !description.multiline)
    findings.refuse(
      'VALUE_INVALID',
      name,
      'The value has more than one line; in .env this happens when a closing quote is missing.',
      `Write ${name}=… in one line, with a closing quote for every opening one.`,
    );
  else if (!fromFile && /^(["'`])(?:.*\1)?$/s.test(text))
    findings.refuse(
      'VALUE_QUOTED',
      name,
      'The quotation marks have become part of the value: docker --env-file, lists in compose files and Kubernetes keep them.',
      `Write ${name}=… without them; if they do belong to the value, put it into a file and write ${name}_FILE=/path/to/file.`,
    );
  else if (text !== '' && original !== original.trim())
    warnOfWhiteSpace(name, description, findings);
}

function warnOfWhiteSpace(name: string, description: SettingDescription, findings: Findings): void {
  const code = description.codes?.whitespace ?? 'VALUE_WHITESPACE';
  if (description.verbatim)
    findings.warn(
      code,
      name,
      'The value begins or ends with white space, often the line end of `echo` or of a copied line; it was kept as it is.',
      `If it does not belong there, write ${name} without it (for a Kubernetes secret: echo -n).`,
    );
  else
    findings.warn(
      code,
      name,
      'White space around the value was removed; it often comes from a file with Windows line ends or a copied line.',
      `Write ${name}=… without white space around the value, and save the file with line ends LF.`,
    );
}
