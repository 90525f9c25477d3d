import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseEmailAddress } from '#address';
import { CommandRefused, ControlSocketSilent, type CommandInput } from '#command';
import {
  DataDirectoryFull,
  DataDirectoryLocked,
  DataDirectoryUnusable,
  DatabaseOfNewerVersion,
  DatabaseUnreachable,
} from '#database';
import { explain } from '#doctor';
import { processSource } from '#settings';
import { runCommand, runMigrations } from './command-run.js';
import { configurationOrExit, ExitError } from './configuration-or-exit.js';
import {
  type DoctorArguments,
  examineEnvironment,
  examineStored,
  type Screen,
} from './doctor-run.js';
import { WrongSecretKey } from './key-check.js';
import { CanNotListen } from './listen.errors.js';
import { authorize, type AuthorizeOptions } from './oauth2-authorize.js';
import { serve } from './serve.js';

/** Exit codes; the contract's list is for every command. */
const WRONG_USAGE = 1;
const SETTINGS = 2;
const NETWORK = 3;

/** Runs the command line. @returns the exit code */
export async function runCli(argv: string[]): Promise<number> {
  try {
    await program().parseAsync(argv);
    return 0;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function program(): Command {
  const gatepost = new Command('gatepost')
    .description('A user-management backend whose mail arrives')
    .exitOverride()
    .showHelpAfterError('(gatepost --help lists the commands)');

  gatepost
    .command('serve')
    .description('start the server')
    .action(() => serve(configurationOrExit({ warn: true })));

  gatepost
    .command('migrate')
    .description('bring the database schema up to date')
    .action(async () => print(await runMigrations(configurationOrExit())));

  gatepost
    .command('invite')
    .description('invite somebody by mail')
    .argument('<email>')
    .addOption(
      new Option('--role <role>', 'what they may do')
        .choices(['admin', 'member'])
        .default('member'),
    )
    .action((email: string, { role }: { role: 'admin' | 'member' }) =>
      act({ command: 'invite', email, role }),
    );

  gatepost
    .command('reseal')
    .description('after a change of SECRET_KEY: seal anew what SECRET_KEY_PREVIOUS has sealed')
    .action(() => act({ command: 'reseal' }));

  gatepost
    .command('oauth2')
    .description('sign-in to mail servers with OAuth2')
    .command('authorize')
    .description('have the owner of a mailbox consent that mail is sent by it')
    .option('--account <name>', 'which SMTP account', 'environment')
    .addOption(
      new Option(
        '--port <number>',
        'where the answer comes in on this machine; 0: any that is free',
      )
        .default(0)
        .argParser(portNumber),
    )
    .action(async (options: AuthorizeOptions) =>
      print(await authorize(configurationOrExit(), options, { input: process.stdin, print })),
    );

  const doctor = gatepost
    .command('doctor')
    .description('find out why mail does not go out, step by step')
    .option('--account <name>', 'which SMTP account', 'environment')
    .addOption(new Option('--to <address>', 'send a test mail to this address').argParser(address))
    .option('--json', 'a report for programs')
    .option('--strict', 'warnings count as failure (exit code 9)')
    .option('--transcript', 'show what was said on the wire, without secrets')
    .addOption(new Option('--timeout <seconds>', 'give up after so long').argParser(seconds))
    .action(async (options: DoctorArguments & { account: string }) => {
      const exitCode =
        options.account === 'environment'
          ? await examineEnvironment(processSource(), options, screen())
          : await examineStored(configurationOrExit(), options, screen());
      throw new ExitError(exitCode);
    });
  doctor
    .command('explain')
    .description('what a cause means and what to do')
    .argument('<code>')
    .action((code: string) => {
      const { found, text } = explain(code);
      (found ? process.stdout : process.stderr).write(`${text}\n`);
      if (!found) throw new ExitError(WRONG_USAGE);
    });

  const mail = gatepost.command('mail').description('look into the outbox');
  mail
    .command('list')
    .description('list mails, newest first')
    .option('--status <status>', 'only those in this state')
    .option('--to <address>', 'only those to this address')
    .option('--limit <number>', 'how many', '20')
    .action((options: object) => act({ command: 'mail-list', ...options } as CommandInput));
  for (const [name, description] of [
    ['show', 'show one mail and its timeline'],
    ['retry', 'try a waiting, held or failed mail again now'],
    ['cancel', 'never send a waiting or held mail'],
  ] as const)
    mail
      .command(name)
      .description(description)
      .argument('<id>')
      .action((id: string) => act({ command: `mail-${name}`, id }));

  return gatepost;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

function address(text: string): string {
  const parsed = parseEmailAddress(text);
  if (parsed.ok) return parsed.address;
  throw new InvalidArgumentError(`The address ${parsed.reason}. Write one as in ada@example.com.`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,4}(?:\.\d+)?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('Write a number of seconds, as in 10.');
}

/** Standard output; the progress goes to a terminal only, and is gone at the end. */
function screen(): Screen {
  const { stdout, stderr } = process;
  const watched = stdout.isTTY && stderr.isTTY;
  return {
    write: (text) => stdout.write(text),
    progress: watched ? (line) => stderr.write(`\r\u001b[K${line}`) : undefined,
    // NO_COLOR and what the terminal can do are looked at there
    colour: stdout.isTTY && stdout.hasColors(),
  };
}

async function act(command: CommandInput): Promise<void> {
  print(await runCommand(configurationOrExit(), command));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ExitError) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
  if (error instanceof WrongSecretKey) return complain(error, SETTINGS);
  if (error instanceof CommandRefused) return complain(error, error.exitCode);
  if (error instanceof DatabaseUnreachable) return complain(error, NETWORK);
  if (
    error instanceof CanNotListen ||
    error instanceof DataDirectoryFull ||
    error instanceof DataDirectoryLocked ||
    error instanceof DataDirectoryUnusable ||
    error instanceof DatabaseOfNewerVersion ||
    error instanceof ControlSocketSilent
  )
    return complain(error, WRONG_USAGE);
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return WRONG_USAGE;
}

function complain(error: Error, exitCode: number): number {
  process.stderr.write(`${error.message}\n`);
  return exitCode;
}
