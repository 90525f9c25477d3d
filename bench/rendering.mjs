// Rendering a reset of a password: ours against the Handlebars adapter of the mailer module.
//
// Equal: the HTML that comes out. Not equal, and to our cost: we render subject and text besides,
// check the variables against their schema and write lifetime, footer and links; the adapter fills in
// one token. It inlines styles for each mail, which is its default and what we do once, at start.
import { atLeast, atRate, compare } from './compare.mjs';
import { SECONDS } from './flags.mjs';

export async function rendering() {
  const amount = { seconds: SECONDS / 2 };
  const rounds = await compare('rendering', {
    renderer: { contender: 'renderer', amount },
    adapter: { contender: 'adapter', amount },
    withoutInlining: { contender: 'adapter', inlineCssEnabled: false, amount },
  });
  return atLeast('rendering against the adapter of the module', rounds, {
    us: 'renderer',
    them: 'adapter',
    target: 100,
    remark: `the adapter with its CSS inlining off ${atRate(rounds, 'withoutInlining')}`,
  });
}
