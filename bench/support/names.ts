export const integration = {ikey: 'DISIMULATED000000000', skey: 'secretKeyOfASimulationNotReal00000000000'}
export const PASSWORD = 'password-not-real'
export const PASSCODE = '135790'
export const PRIMARY_SECRET = 'primary-secret-not-real-0001'
export const NAS_SECRET = 'nas-secret-not-real-0001'

export function userName(number: number): string {
  return `user${number}`
}
