import { byHand, causesOf, serverOf } from '../cause.js';

/** Nothing is wrong. */
export const healthyCauses = causesOf('ok', {
  OK: {
    settings: [],
    title: (situation) => `${serverOf(situation)} takes mail with these settings`,
    explanation:
      'Every stage that was asked for passed. That the server takes a mail does not prove that it arrives: receivers judge it anew. Run the doctor with --to and an address of your own, and look into its inbox and its spam folder.',
    help: byHand(
      'nothing to do',
      'Run doctor --to with an address of your own to see a mail arrive.',
    ),
  },
});
