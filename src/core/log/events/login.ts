export const loginEvents = {} as const
