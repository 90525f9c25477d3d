// Loaded into the program before it starts (NODE_OPTIONS=--import …): kills it at an exact
// statement. It knows the program by its SQL alone. CHAOS_STATEMENT is a regular expression,
// CHAOS_WHEN says before or after; nothing happens until the file CHAOS_ARMED exists.
import { existsSync } from 'node:fs';
import pg from 'pg';

const { CHAOS_STATEMENT, CHAOS_WHEN, CHAOS_ARMED } = process.env;
const wanted = new RegExp(CHAOS_STATEMENT, 'is');
const { query } = pg.Client.prototype;
/** Of each connection: the statements since its transaction began. */
const since = new WeakMap();

pg.Client.prototype.query = function (config, ...rest) {
  const text = typeof config === 'string' ? config : (config?.text ?? '');
  const before = /^\s*begin/i.test(text) ? '' : (since.get(this) ?? '');
  const all = `${before}; ${text}`;
  since.set(this, /^\s*(commit|rollback)/i.test(text) ? '' : all);
  if (!wanted.test(/^\s*commit/i.test(text) ? all : text) || !existsSync(CHAOS_ARMED))
    return query.call(this, config, ...rest);
  if (CHAOS_WHEN === 'before') process.kill(process.pid, 'SIGKILL');
  const result = query.call(this, config, ...rest);
  result.then(() => process.kill(process.pid, 'SIGKILL'));
  return result;
};
