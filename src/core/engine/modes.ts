import type {Config, Section, SectionOf} from '../config/schema.ts'
import {autoMode} from '../login/auto-mode.ts'
import {challengeMode} from '../login/challenge-mode.ts'
import {concatMode} from '../login/concat-mode.ts'
import {duoOnlyMode} from '../login/duo-only-mode.ts'
import type {Step} from '../login/login.ts'
import type {LoginParts, LoginPolicy} from '../login/parts.ts'
import type {TryOrder} from '../login/password-tries.ts'
import {texts} from '../login/texts.ts'
import type {ServerSection} from './served-sections.ts'

/** The steps that a section's logins take. */
export function modeOf(section: ServerSection, config: Config, parts: LoginParts): readonly Step[] {
  switch (section.kind) {
    case 'radius_server_challenge':
      return challengeMode(parts)
    case 'radius_server_auto': {
      const {factors, allow_concat, concat_first, client} = section.options
      const order = tryOrder(concat_first, config.sections.find(({name}) => name === client)?.kind)
      return autoMode(parts, {factors, concatenation: allow_concat ? {...concatenationOf(section), order} : undefined})
    }
    case 'radius_server_concat':
      return concatMode(parts, concatenationOf(section))
    case 'radius_server_duo_only':
      return duoOnlyMode(parts)
  }
}

export function loginPolicy(section: ServerSection, {main}: Config): LoginPolicy {
  const {name, options} = section
  return {
    section: name,
    ikey: options.ikey,
    failMode: options.failmode,
    exemptUsers: new Set(options.exempt_username),
    primaryRejectDetail: options.primary_reject_detail,
    rejectReference: options.reject_reference,
    pushGuard: {denials: main.push_guard_denials, windowMs: main.push_guard_minutes * 60_000},
    passwordGuard: {
      rejectDelayMs: main.reject_delay * 1000,
      failures: main.password_guard_failures,
      windowMs: main.password_guard_minutes * 60_000,
    },
    ...(section.kind === 'radius_server_challenge' ? asking(section) : direct),
  }
}

type Asking = Pick<LoginPolicy, 'enrollChallenge' | 'factorFailure' | 'promptFormat' | 'promptOverflow'>

function asking({options}: SectionOf<'radius_server_challenge'>): Asking {
  return {
    enrollChallenge: options.enroll_challenge,
    factorFailure: {failed: texts.failmodeSecure, timedOut: texts.failmodeSecure},
    promptFormat: options.prompt_format,
    promptOverflow: options.prompt_overflow,
  }
}

/** The modes that choose a factor themselves ask for nothing but a passcode. */
const direct: Asking = {
  enrollChallenge: false,
  factorFailure: {failed: texts.authFailure, timedOut: texts.authTimeout},
  promptFormat: 'passcode',
  promptOverflow: 'short',
}

function concatenationOf({options}: SectionOf<'radius_server_auto'> | SectionOf<'radius_server_concat'>) {
  return {delimiter: options.delimiter, passwordLength: options.delimited_password_length}
}

/** A directory locks accounts by itself, so that it is asked once for one login unless the file says otherwise. */
function tryOrder(concatFirst: boolean, client: Section['kind'] | undefined): TryOrder {
  if (!concatFirst) return 'whole-first'
  return client === 'ad_client' ? 'once' : 'part-first'
}
