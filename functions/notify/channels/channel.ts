import type { Told } from '../../../shared/notice/told.ts';
import type { Message } from '../message.ts';

/** A way to tell people, or machines of theirs. */
export interface Channel {
  /** Tells two channels apart for as long as their settings stay; free of secrets. */
  readonly id: string;
  /** @throws Retryable ChannelUnavailable, Stalled ChannelRefused. */
  send(told: Told, message: Message, key: string): Promise<void>;
}
