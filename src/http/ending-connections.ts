import type { Server } from 'node:http';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** Milliseconds in which requests under way have to be answered when the server ends. */
const LAST_ANSWERS = 8_000;

/**
 * Lets the server end when its last answer is out. Node closes connections that are idle when it
 * is told to close, but one that is just answering would be kept alive for another minute, and one
 * whose client sends its request a byte now and then for half of one.
 */
@Injectable()
export class EndingConnections implements OnModuleDestroy {
  #areEnding = false;

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /** Is the server taking leave? Then it answers what it has begun, and nothing else. */
  get areEnding(): boolean {
    return this.#areEnding;
  }

  begin(): void {
    if (this.#areEnding) return;
    this.#areEnding = true;
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    server.keepAliveTimeout = 1; // ms; 0 would mean for ever
    server.keepAliveTimeoutBuffer = 0;
    server.closeIdleConnections();
    setInterval(() => server.closeAllConnections(), LAST_ANSWERS).unref();
  }

  onModuleDestroy(): void {
    this.begin();
  }
}
