#!/usr/bin/env node
import { setImmediate as nextTurn } from 'node:timers/promises';
import { endAtOnceWhenTold } from './early-end.js';

// First of all; everything else is loaded after it, and not by `import`, which would come before.
if (process.argv[2] === 'serve') endAtOnceWhenTold();

await import('reflect-metadata');
const { runCli } = await import('./cli.js');
// A signal that has come meanwhile is told in the next turn of the event loop, not before.
await nextTurn();

process.exitCode = await runCli(process.argv);
