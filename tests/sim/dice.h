/* dice.h - the one source of chance in the simulation: the same seed throws the same dice, everywhere and always (splitmix64). */
#ifndef SIM_DICE_H
#define SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_bits(struct dice *d)
{
    uint64_t z = d->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
/* 0 to below-1. */
static inline int64_t dice_below(struct dice *d, int64_t below)
{
    return (int64_t) (dice_bits(d) % (uint64_t) below);
}
static inline int64_t dice_between(struct dice *d, int64_t low, int64_t high)
{
    return low + dice_below(d, high - low + 1);
}
/* True `permille` times in a thousand. */
static inline bool dice_chance(struct dice *d, int permille)
{
    return dice_below(d, 1000) < permille;
}
/* Dice of their own for one part of the simulation, so that a change in one part does not shift the throws of another. */
static inline struct dice dice_for(uint64_t seed, uint64_t part)
{
    struct dice d = { seed * 0xD1342543DE82EF95u + part };
    dice_bits(&d);
    return d;
}

#endif
