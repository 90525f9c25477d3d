import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Public } from './access.decorators.js';
import { assets } from './assets.js';
import { Problem } from './problem.errors.js';

/** The styles and scripts of the pages. */
@Public()
@ApiExcludeController()
@Controller('assets')
export class AssetsController {
  @Get(':name')
  read(
    @Param('name') name: string,
    @Query('v') version: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): void {
    const asset = assets.get(name);
    if (!asset) throw new Problem('not-found', 'There is no such style, script or picture.');
    response.set({
      'Content-Type': asset.contentType,
      'X-Content-Type-Options': 'nosniff',
      ETag: `"${asset.version}"`,
      // A module that another one imports comes without its version and is asked for again.
      'Cache-Control':
        version === asset.version ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    if (request.fresh) response.status(304).end();
    else response.send(asset.body);
  }
}
