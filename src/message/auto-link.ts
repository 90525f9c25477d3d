// Mail clients make links of what looks like one in plain text. Whoever can have a mail sent to a
// stranger must not get a link of their own into it.

// What makes a link of a word: a path, a scheme, a mailbox, or a dot (as UTS-46 knows them) with
// more than an initial after it, so that J.R.R. Tolkien keeps his name and evil.com does not.
const LINK_LIKE = /[@/\\:]|[.\u3002][\p{L}\p{N}\p{M}]{2}|[.\u3002]\p{N}/u;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** The name as it may stand in a mail; undefined where a client could make a link of it. */
export function printableName(name: string): string | undefined {
  // NFKC makes one dot of fullwidth, halfwidth and leader dots.
  return LINK_LIKE.test(name.replace(INVISIBLE, '').normalize('NFKC')) ? undefined : name;
}

const ZERO_WIDTH_NON_JOINER = '\u200c';

/** A canonical address as people read it, with its signs set apart so that nothing is linked. */
export function unlinkedAddress(address: string): string {
  return address.replace(/[^a-z0-9-]/g, `${ZERO_WIDTH_NON_JOINER}$&${ZERO_WIDTH_NON_JOINER}`);
}

/**
 * The same for the text part, where the common address stays plain ASCII: of `ada.l@example.com`
 * a client can make nothing but a link to that mailbox.
 */
export function unlinkedAddressInText(address: string): string {
  return /^[a-z0-9._+@-]+$/.test(address) ? address : unlinkedAddress(address);
}
