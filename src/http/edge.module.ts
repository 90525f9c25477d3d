import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AssetsController } from './assets.controller.js';
import { EndingConnections } from './ending-connections.js';
import { HomeController } from './home.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { SchemaPipe } from './schema.pipe.js';

/** What every route shares inside Nest; what stands before it is put up by `configureEdge`. */
@Global()
@Module({
  controllers: [AssetsController, HomeController],
  providers: [
    EndingConnections,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useClass: SchemaPipe },
  ],
  exports: [EndingConnections],
})
export class EdgeModule {}
