/** Why a proxy did not open the way. Closed list. */
export type ProxyFault =
  | 'closed'
  | 'malformed'
  | 'sign-in-wanted'
  | 'sign-in-refused'
  | 'forbidden'
  | 'target-unreachable'
  /** SOCKS4 only: there the name is looked up here. */
  | 'name-unknown'
  | 'failed';

/** A proxy's no. */
export class ProxyFailure extends Error {
  constructor(
    readonly fault: ProxyFault,
    /** The proxy's own words or code, not yet masked; may be empty. */
    readonly said = '',
  ) {
    super(fault);
  }
}
