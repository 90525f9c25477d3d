import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '#http';
import { Metrics } from '#metrics';
import { mailStatuses, Outbox } from '#outbox';

@Controller('metrics')
@Public()
@ApiTags('operations')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly outbox: Outbox,
  ) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'Metrics in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async show(): Promise<string> {
    const { waiting, oldestSeconds } = await this.outbox.size();
    for (const status of mailStatuses) this.metrics.queue.set({ status }, waiting[status] ?? 0);
    this.metrics.oldest.set(oldestSeconds);
    return this.metrics.registry.metrics();
  }
}
