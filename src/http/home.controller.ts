import { Controller, Get, Redirect } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from './access.decorators.js';

/** Who opens the bare address in a browser wants to know what is here. */
@Controller()
@Public()
@ApiExcludeController()
export class HomeController {
  @Get()
  @Redirect('docs', 302)
  home(): void {
    // The answer is where it leads; relative, for the server may stand under a prefix.
  }
}
