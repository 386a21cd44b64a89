import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

const bridge = new EventBridgeClient({});

/** Goes on once by way of the bus. */
export async function handler(event: { 'detail-type': string }): Promise<void> {
  const type = event['detail-type'] === 'SweepContinues' ? 'Waiting' : 'SweepContinues';
  const Detail = JSON.stringify({ deployment: process.env.GITFERRY_DEPLOYMENT });
  const Entries = [{ Source: 'gitferry', DetailType: type, EventBusName: process.env.GITFERRY_BUS, Detail }];
  await bridge.send(new PutEventsCommand({ Entries }));
}
