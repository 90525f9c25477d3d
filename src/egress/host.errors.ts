/** Nothing here may connect to this place; nothing was sent to it. */
export class HostRefused extends Error {
  constructor(
    /** As it was given. */
    readonly host: string,
    /** For people: why, and what to do next. It does not tell which addresses a name has. */
    message: string,
  ) {
    super(message);
  }
}
