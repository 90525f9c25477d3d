import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  type AuthenticatedRequest,
  type Principal,
  Problem,
  PUBLIC,
  ROLE,
  SessionCheck,
} from '#http';

/** Lets a call through if it is public, or its session is alive and its user may make it. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly sessions: SessionCheck,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<true | undefined>(PUBLIC, route)) return true;

    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const principal = await this.sessions.principalOf(request);
    if (!principal)
      throw new Problem(
        'unauthenticated',
        'Send the access token of a session that is alive as "Authorization: Bearer …".',
      );
    const role = this.reflector.getAllAndOverride<Principal['role'] | undefined>(ROLE, route);
    if (role && role !== principal.role)
      throw new Problem('forbidden', 'Ask an admin for the role that this call needs.');
    request.principal = principal;
    return true;
  }
}
