import { Module } from '@nestjs/common';
import { SETTINGS, type Settings } from '#settings';
import { Renderer } from './renderer.service.js';

@Module({
  providers: [
    {
      provide: Renderer,
      inject: [SETTINGS],
      useFactory: ({ appName, adminWebUrl }: Settings) => new Renderer({ appName, adminWebUrl }),
    },
  ],
  exports: [Renderer],
})
export class MessageModule {}
