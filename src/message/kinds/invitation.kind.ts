import { z } from 'zod';
import { personNameSchema } from '#address';
import { printableName } from '../auto-link.js';
import { linkToken } from '../link.js';
import { defineMessage } from '../message-kind.js';

const token = 'Zk8vQ2nP-4tYw7Lr1XcB9dHs0aGmUe_J';

/** The only mail that prints names: an admin wrote them, not the stranger who gets a mail. */
export const invitation = defineMessage({
  variables: z.strictObject({
    token: linkToken,
    role: z.enum(['admin', 'member']),
    /** Of the person invited. */
    name: personNameSchema.optional(),
    /** Name of the admin who invites; absent when the system does. */
    invitedBy: personNameSchema.optional(),
  }),
  lifetimeSeconds: 7 * 24 * 60 * 60,
  priority: 2,
  secrets: ['token'],
  choices: ['role'],
  samples: [
    { token, role: 'member', name: 'Ada Lovelace', invitedBy: 'Grace Hopper' },
    { token, role: 'admin' },
  ],
  facts: ({ token, role, name, invitedBy }, linkTo) => ({
    link: linkTo('invitation', token),
    role,
    name: name && printableName(name),
    invitedBy: invitedBy && printableName(invitedBy),
  }),
});
