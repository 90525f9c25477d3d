import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DATABASE, DATABASE_CONNECTION, type DatabaseConnection } from './database.js';

/** Provides an opened database to every module and closes it last of all. */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection) {}

  static forRoot(connection: DatabaseConnection): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: DATABASE_CONNECTION, useValue: connection },
        { provide: DATABASE, useValue: connection.db },
      ],
      exports: [DATABASE_CONNECTION, DATABASE],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}
