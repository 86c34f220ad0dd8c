import { noise } from "#import/seeded-random.ts";
import type { Announcement, EventBus, AnnouncementListener } from "#db/event-log/buses/event-bus.ts";

export interface UnreliableBus extends EventBus {
  readonly dropped: number;
  readonly repeated: number;
  readonly reordered: number;
}

/** Wraps a bus in an unreliable network: some announcements of `inner` are dropped, some are repeated, and some arrive after later ones. */
export function unreliableBus(inner: EventBus, seed: number): UnreliableBus {
  let drawn = 0;
  const counts = { dropped: 0, repeated: 0, reordered: 0 };
  const unreliable = ({ onAnnouncement, listening }: AnnouncementListener): AnnouncementListener => {
    let late: Announcement[] = [];
    return {
      listening,
      onAnnouncement: (announcement) => {
        const fate = noise(seed, drawn++);
        if (fate < 0.25) {
          counts.dropped += 1;
          return;
        }
        if (fate < 0.5) {
          counts.reordered += 1;
          late.push(announcement);
          return;
        }
        onAnnouncement(announcement);
        if (fate < 0.65) {
          counts.repeated += 1;
          onAnnouncement(announcement);
        }
        if (fate < 0.8) {
          // The latest is delivered first.
          for (const each of late.toReversed()) onAnnouncement(each);
          late = [];
        }
      },
    };
  };
  return {
    name: inner.name,
    get healthy() {
      return inner.healthy;
    },
    get dropped() {
      return counts.dropped;
    },
    get repeated() {
      return counts.repeated;
    },
    get reordered() {
      return counts.reordered;
    },
    announce: (announcement) => inner.announce(announcement),
    listen: (logs, listener, signal) => inner.listen(logs, unreliable(listener), signal),
    close: () => inner.close(),
  };
}
