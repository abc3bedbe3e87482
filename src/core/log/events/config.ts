export const configEvents = {} as const
