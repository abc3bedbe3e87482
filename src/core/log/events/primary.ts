export const primaryEvents = {} as const
