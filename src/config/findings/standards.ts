import { memory, own, verified, warning } from './kind.ts';

const GBT_50493 = verified('GB/T 50493-2019, 5.5.2');

/** Set points of gas detection against the ceilings of standards: DL600 to DL699. */
export const STANDARD_FINDINGS = {
  CEILING_COMBUSTIBLE_1: warning(
    601,
    'The first level of a combustible-gas detector is at most 25 %LEL. Above it the time between warning and explosive mixture is lost. In %VOL or ppm the ceiling is reckoned with the LEL of `gas.lel`.',
    GBT_50493,
  ),
  CEILING_COMBUSTIBLE_2: warning(
    602,
    'The second level of a combustible-gas detector is at most 50 %LEL: linked cut-off and evacuation must come well before the explosive mixture.',
    GBT_50493,
  ),
  CEILING_TOXIC_1: warning(
    603,
    'The first level of a toxic-gas detector is at most 100 %OEL (100 % of the occupational exposure limit). Where the range of the detector cannot do that, 5 %IDLH serves instead: allow the finding with that reason.',
    GBT_50493,
  ),
  CEILING_TOXIC_2: warning(
    604,
    'The second level of a toxic-gas detector is at most 200 %OEL. Where the range of the detector cannot do that, 10 %IDLH serves instead: allow the finding with that reason.',
    GBT_50493,
  ),
  CEILING_OXYGEN_LOW: warning(
    605,
    'Oxygen deficiency is alarmed at 19.5 %VOL. A lower first limit warns when people are already in danger. An inerted space is another thing: allow the finding there.',
    GBT_50493,
  ),
  CEILING_OXYGEN_HIGH: warning(
    606,
    'Oxygen enrichment is alarmed at 23.5 %VOL. Above it clothing and oil burn as if soaked in fuel.',
    GBT_50493,
  ),
  CEILING_LINE_1: warning(
    607,
    'The first level of a line-type (open path) combustible-gas detector is at most 1 LEL·m.',
    GBT_50493,
  ),
  CEILING_LINE_2: warning(
    608,
    'The second level of a line-type (open path) combustible-gas detector is at most 2 LEL·m.',
    GBT_50493,
  ),
  OXYGEN_LOW_UNWATCHED: warning(
    609,
    'A point that measures oxygen has limits, and none of them is low. Deficiency is the common danger: add L at 19.5 %VOL.',
    GBT_50493,
  ),
  GAS_DELAY: warning(
    620,
    'Gas detectors answer within seconds, and so should the alarm: at most 10 s of on-delay on the first level and 5 s on the second. Where a single detector is noisy, vote several instead of waiting.',
    own('GDS practice: no delay on level 2, 5 to 10 s on level 1 unless voted'),
  ),
  GAS_LATCH: warning(
    621,
    'A catalytic sensor falls back towards zero above 100 %LEL, for want of oxygen. A falling value proves nothing, so the highest limit should latch until a person has looked with a second instrument.',
    verified('a maker locks over-range until it is cleared by hand (Sewerin, MSA manuals)'),
  ),
  LEL_BASE_MISSING: warning(
    630,
    'A percentage of the LEL means nothing without the LEL it was reckoned with: makers use 4.4 or 5.0 %VOL for methane, 1.7 or 2.1 %VOL for propane. Give `gas: { kind: combustible, lel: { at: 5.0, basis: … } }`. In %VOL or ppm the ceilings cannot be checked without it.',
    verified('makers ship methane at 4.40 (4.0 to 5.0) and propane at 1.70 (1.5 to 2.1) %VOL (Sewerin manual)'),
  ),
  OEL_MISSING: warning(
    631,
    'The ceilings of toxic gas are a share of the occupational exposure limit, and it is not given. Give `gas: { kind: toxic, oel: { at: …, basis: … } }` in the unit of the point, with the limit of GBZ 2.1 in force.',
    GBT_50493,
  ),
  GAS_UNIT: warning(
    632,
    'The unit does not go with the kind of gas, so its ceilings cannot be checked: %LEL, %VOL, ppm or LEL·m for combustible gas; %OEL, ppm or mg/m³ for toxic gas; %VOL for oxygen.',
  ),
  GAS_KIND_MISSING: warning(
    633,
    'A point in ppm, mg/m³ or %VOL with limits does not say what gas it measures, so no ceiling of a standard can be checked. Give `gas: { kind: combustible | toxic | oxygen | other }`.',
    memory('IEC 62682:2014, rationalisation: the basis of a set point is recorded'),
  ),
};
