import {event} from '../event.ts'

export const radiusEvents = {
  'radius.discarded': event<{from: string; reason: string; detail: string}>(
    'warn',
    'radius',
    (f) => `dropping packet from ${f.from} - ${f.detail}`,
    (f) => `${f.from.replace(/:\d+$/, '')} ${f.reason}`,
  ),
} as const
