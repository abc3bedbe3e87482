import {event} from '../event.ts'

type Probed = {readonly section: string; readonly target: string; readonly check: string; readonly detail: string}
type Advised = Probed & {readonly hint: string}

/** What `[main] test_connectivity_on_startup` finds. */
export const probeEvents = {
  'probe.ok': event<Probed>('info', 'connectivity', (f) => `[${f.section}] ${f.target} ${f.check}: ${f.detail}`),
  'probe.skipped': event<Probed>('info', 'connectivity', (f) => `[${f.section}] ${f.target} ${f.check}: ${f.detail}`),
  'probe.warning': event<Advised>(
    'warn',
    'connectivity',
    (f) => `[${f.section}] ${f.target} ${f.check}: ${f.detail}. Next: ${f.hint}`,
  ),
  'probe.failed': event<Advised>(
    'error',
    'connectivity',
    (f) => `[${f.section}] ${f.target} ${f.check} FAILED: ${f.detail}. Next: ${f.hint}`,
  ),
} as const
