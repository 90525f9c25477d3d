import type { Server } from 'node:http';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/**
 * Lets the server end when its last answer is out. Node closes connections that are idle when it
 * is told to close, but one that is just answering would be kept alive for another minute.
 */
@Injectable()
export class EndingConnections implements OnModuleDestroy {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  onModuleDestroy(): void {
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    server.keepAliveTimeout = 1; // ms; 0 would mean for ever
    server.keepAliveTimeoutBuffer = 0;
  }
}
