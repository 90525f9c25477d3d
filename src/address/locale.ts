// Characters; RFC 5646 section 4.4.1 asks for room for 35.
const MAX_LOCALE = 35;

/** The canonical form of a language tag (BCP 47); undefined if it is none. */
export function canonicalLocale(input: string): string | undefined {
  if (input.length > MAX_LOCALE) return undefined;
  try {
    const [locale] = Intl.getCanonicalLocales(input);
    // Canonical forms may be longer than what was written.
    return locale && locale.length <= MAX_LOCALE ? locale : undefined;
  } catch {
    return undefined;
  }
}
