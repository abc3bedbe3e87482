export const duoEvents = {} as const
