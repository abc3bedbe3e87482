import type {Section, SectionOf} from '../config/schema.ts'

/** A server section that this release serves. */
export type ServerSection =
  | SectionOf<'radius_server_challenge'>
  | SectionOf<'radius_server_auto'>
  | SectionOf<'radius_server_concat'>
  | SectionOf<'radius_server_duo_only'>

export function isServedServer(section: Section): section is ServerSection {
  return section.kind in servedKinds
}

const servedKinds: {readonly [Kind in ServerSection['kind']]: true} = {
  radius_server_challenge: true,
  radius_server_auto: true,
  radius_server_concat: true,
  radius_server_duo_only: true,
}

/** The client section that checks a section's passwords; none where nobody does. */
export function clientOf(section: ServerSection): string | undefined {
  return section.kind === 'radius_server_duo_only' ? undefined : section.options.client
}
