import {hostname} from 'node:os'
import type {MainOptions} from '../config/schema.ts'
import type {LogOptions} from '../log/sinks.ts'
import {parseSyslogTarget} from '../log/syslog.ts'

/** Where [main] wants the logs. `directory` is where files go when it does not say. */
export function logOptions(main: MainOptions, version: string, directory: string): LogOptions {
  const target = main.log_syslog_target === undefined ? undefined : parseSyslogTarget(main.log_syslog_target)
  return {
    hostname: hostname(),
    version,
    format: main.log_format,
    directory: main.log_dir ?? directory,
    file: main.log_file,
    stdout: main.log_stdout,
    syslog: main.log_syslog
      ? {facility: main.syslog_facility, target: target?.ok ? target.target : undefined}
      : undefined,
    authEvents: main.log_auth_events,
    maxSize: main.log_max_size,
    maxFiles: main.log_max_files,
  }
}
