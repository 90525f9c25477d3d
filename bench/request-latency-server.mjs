// One server of the row: knows users who may ask for a reset, and says where it listens.
import { startApi } from './application.mjs';
import { addressOf } from './mails.mjs';
import { optionsOfProgram, serve } from './program.mjs';

const { port, users } = optionsOfProgram();
const people = Array.from({ length: users }, (_, i) => addressOf(i));
const { url, close } = await startApi({ port, people });
serve({ url }, {}, close);
