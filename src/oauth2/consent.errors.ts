/** A consent came to nothing; the message says, for people, why and what to do next. */
export class ConsentFailed extends Error {
  constructor(
    /**
     * `impossible`: there is nothing to consent to. `unknown`: nobody asked for this answer, or too
     * long ago. `refused`: by the person or the provider. `transient`, `settings`: the provider
     * gave no tokens for it.
     */
    readonly reason: 'impossible' | 'unknown' | 'refused' | 'transient' | 'settings',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
