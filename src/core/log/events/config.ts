import {event} from '../event.ts'

export const configEvents = {
  /** A warning about the file that is served; errors keep it from being served. */
  'config.finding': event<{file: string; line: number; column: number; code: string; message: string; hint: string}>(
    'warn',
    'config',
    (f) => `${f.file}:${f.line}:${f.column} ${f.code} ${f.message}${f.hint === '' ? '' : ` (${f.hint})`}`,
  ),
} as const
