import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { sql } from 'kysely';
import { DATABASE, type Db, GatepostMailModule, MailService } from '../../src/index.js';
import { createTestDatabase } from '../harness/database.js';
import { startSmtpServer } from '../harness/smtp-server.js';

/** A service of somebody else's application, with a table of its own. */
@Injectable()
class Orders {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly mail: MailService,
  ) {}

  async place(email: string, options: { fails: boolean }): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      await sql`create table if not exists orders (email text)`.execute(tx);
      await sql`insert into orders values (${email})`.execute(tx);
      await this.mail.sendTest(tx, { to: email, locale: 'en' });
      if (options.fails) throw new Error('out of stock');
    });
  }
}

describe('the mail module in another application', () => {
  it('sends what commits, in the same transaction as the rows of that application, and nothing else', async () => {
    const database = await createTestDatabase();
    const server = await startSmtpServer();
    const env = {
      ...database.env,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SENDER: 'Shop <no-reply@shop.example>',
      ADMIN_WEB_URL: 'http://shop.example',
      LOG_LEVEL: 'silent',
    };

    @Module({ imports: [GatepostMailModule.forRoot({ env })], providers: [Orders] })
    class Shop {}

    const app = await NestFactory.createApplicationContext(Shop, { logger: false });
    try {
      const orders = app.get(Orders);
      await expect(orders.place('eve@example.com', { fails: true })).rejects.toThrow(
        'out of stock',
      );
      await orders.place('ada@example.com', { fails: false });
      const arrived = await server.waitForMessage(() => true, 10_000);
      expect(arrived.rcpts).toEqual(['ada@example.com']);
      expect(arrived.raw.toString()).toMatch(/^Message-ID: <[\w-]+@shop\.example>\r$/m);
      expect(server.messages).toHaveLength(1);
    } finally {
      await app.close();
      await server.close();
      await database.drop();
    }
  });
});
