package eval

import "math"

// PassAtK estimates, without bias, the chance that at least one of k samples passes,
// when c of n did: 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374).
func PassAtK(n, c, k int) float64 {
	if k > n || k < 1 {
		return math.NaN()
	}
	none := 1.0
	for i := range k {
		none *= float64(n-c-i) / float64(n-i)
		if none <= 0 {
			return 1
		}
	}
	return 1 - none
}

// Wilson is the 95 % score interval of a share: hits out of n (Wilson 1927).
func Wilson(hits, n int) (lo, hi float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959964
	p, m := float64(hits)/float64(n), float64(n)
	center := p + z*z/(2*m)
	spread := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	scale := 1 + z*z/m
	return max((center-spread)/scale, 0), min((center+spread)/scale, 1)
}
