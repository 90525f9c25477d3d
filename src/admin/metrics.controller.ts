import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '#http';
import { Metrics } from '#metrics';
import { Outbox, waitingStatuses } from '#outbox';
import { AccountHealth, SmtpAccounts } from '#smtp-account';

@Controller('metrics')
@Public()
@ApiTags('operations')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly outbox: Outbox,
    private readonly accounts: SmtpAccounts,
    private readonly health: AccountHealth,
  ) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'Metrics in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async show(): Promise<string> {
    const { waiting, oldestSeconds } = await this.outbox.size();
    for (const status of waitingStatuses) this.metrics.queue.set({ status }, waiting[status] ?? 0);
    this.metrics.oldest.set(oldestSeconds);
    await this.#setAccounts();
    return this.metrics.registry.metrics();
  }

  async #setAccounts(): Promise<void> {
    const { accountUp, accountSent, accountLimit, accountLastSuccess, accountTokenExpiry } =
      this.metrics;
    // One that has gone, or has another name now, is not there any more.
    for (const gauge of [accountUp, accountSent, accountLimit, accountLastSuccess]) gauge.reset();
    accountTokenExpiry.reset();
    const accounts = this.accounts.inOrder();
    const health = await this.health.of(accounts.map(({ id }) => id));
    for (const { id, name: account } of accounts) {
      const view = health.get(id);
      if (!view) continue;
      const isUp = view.status !== 'paused' && view.status !== 'needs-consent';
      accountUp.set({ account }, isUp ? 1 : 0);
      accountSent.set({ account, window: 'minute' }, view.sentLastMinute);
      accountSent.set({ account, window: 'day' }, view.sentLastDay);
      if (view.maxPerMinute !== null)
        accountLimit.set({ account, window: 'minute' }, view.maxPerMinute);
      if (view.maxPerDay !== null) accountLimit.set({ account, window: 'day' }, view.maxPerDay);
      if (view.lastSuccessAt)
        accountLastSuccess.set({ account }, view.lastSuccessAt.getTime() / 1_000);
      if (view.tokenExpiresAt)
        accountTokenExpiry.set({ account }, view.tokenExpiresAt.getTime() / 1_000);
    }
  }
}
