import {
  CUSTOMS,
  type JudgedSettings,
  judgeSettings,
  type Report,
  reportText,
  walk,
  type WalkOptions,
} from '#doctor';
import type { ConfigurationSource } from '#settings';
import { runCommand } from './command-run.js';
import type { ValidConfiguration } from './configuration-or-exit.js';
import { readConfiguration } from './configuration.js';

/** What `gatepost doctor` is told on its command line. */
export interface DoctorArguments {
  readonly to?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly transcript?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

/** Where people read, and what they can see there. */
export interface Screen {
  readonly write: (text: string) => void;
  /** One line that is written over while the doctor walks; undefined: nobody is watching. */
  readonly progress: ((line: string) => void) | undefined;
  readonly colour: boolean;
}

/**
 * Examines the account of the environment, and says what is wrong with it: to people, or to
 * programs in JSON. Needs neither a database nor a running server, and changes nothing.
 *
 * @returns the exit code
 */
export async function examineEnvironment(
  source: ConfigurationSource,
  { to, json, strict = false, transcript, timeout }: DoctorArguments,
  screen: Screen,
  options: WalkOptions = {},
): Promise<number> {
  const judged = judgedSettings(source);
  const milliseconds = timeout === undefined ? undefined : timeout * 1_000;
  const events = walk(judged, { ...options, to, strict, timeout: milliseconds });
  let report: Report | undefined;
  for await (const event of events) {
    if (event.kind === 'stage-started') screen.progress?.(`  ...   ${event.stage}`);
    if (event.kind === 'finished') report = event.report;
  }
  screen.progress?.('');
  if (!report) throw new Error('the walk has no end');
  return show(report, { json, transcript }, screen);
}

/**
 * Examines an account of the database, and says what is wrong with it. The server that holds the
 * embedded database does it itself, and hands over its report: no secret leaves it.
 *
 * @returns the exit code
 * @throws {CommandRefused} where there is no such account
 */
export async function examineStored(
  configuration: ValidConfiguration,
  { account, to, json, strict, transcript, timeout }: DoctorArguments & { account: string },
  screen: Screen,
): Promise<number> {
  screen.progress?.(`  ...   ${account}`);
  const command = { command: 'doctor', account, to, strict, timeout } as const;
  const report = await runCommand(configuration, command).finally(() => screen.progress?.(''));
  return show(JSON.parse(report) as Report, { json, transcript }, screen);
}

function show(
  report: Report,
  { json, transcript }: Pick<DoctorArguments, 'json' | 'transcript'>,
  screen: Screen,
): number {
  if (json) screen.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    screen.write(`${reportText(report, { colour: screen.colour })}\n`);
    if (transcript) screen.write(`\n${transcriptText(report)}\n`);
  }
  return report.exitCode;
}

/**
 * What the offline stage says of the settings. Where all that is at fault is the custom of a port
 * there is a plan all the same: it is for the walk to find out what the server does.
 */
export function judgedSettings(source: ConfigurationSource): JudgedSettings {
  const { configuration, environment } = readConfiguration(source);
  const faults = configuration.ok ? [] : configuration.faults;
  const onlyCustoms = faults.length > 0 && faults.every(({ code }) => CUSTOMS.includes(code));
  const { smtp } = onlyCustoms
    ? readConfiguration(allowingAnyPort(source)).configuration
    : configuration;
  return judgeSettings({ environment, faults, warnings: configuration.warnings, smtp });
}

const allowingAnyPort = (source: ConfigurationSource): ConfigurationSource => ({
  ...source,
  env: { ...source.env, SMTP_TLS_ANY_PORT: 'true' },
});

const transcriptText = ({ transcript }: Report): string =>
  [
    'transcript:',
    ...transcript.map(({ t, dir, line }) => `${String(t).padStart(7)} ${dir}: ${line}`),
  ].join('\n');
