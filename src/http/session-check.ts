import type { AuthenticatedRequest, Principal } from './access.decorators.js';

/**
 * Who a request comes from. The edge asks before it counts a request against the limit, the guard
 * before it lets one through; the answer is found once a request and kept with it.
 */
export abstract class SessionCheck {
  /** @returns undefined where the request names no session that still lives */
  abstract principalOf(request: AuthenticatedRequest): Promise<Principal | undefined>;
}
