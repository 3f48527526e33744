/** How far a value can be trusted: OPC classes without their subcodes. */
export const QUALITIES = ['good', 'uncertain', 'bad'] as const;

export type Quality = (typeof QUALITIES)[number];
