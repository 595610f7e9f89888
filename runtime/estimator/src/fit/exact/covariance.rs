//! The covariance of a least-squares fit's parameters, `s² (JᵀJ)⁻¹`, for up to four of them.

/// The most parameters of a form.
pub(crate) const MOST: usize = 4;

/// A matrix of the size of the largest form; smaller ones leave the rest at zero.
pub type Matrix = [[f64; MOST]; MOST];

/// Why a fit has no covariance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCovariance {
    /// As many parameters as points: the residuals say nothing about the noise.
    #[error("there are no more points than parameters")]
    NoFreedom,
    /// A parameter lies on a bound of its box, where errors are not normal.
    #[error("a parameter lies on its bound")]
    OnBound,
    /// The data don't tell the parameters apart.
    #[error("the data do not tell the parameters apart")]
    Singular,
}

/// Pivots of the scaled normal matrix below this are rounding.
const LEAST_PIVOT: f64 = 1e-11;

/// The inverse of `JᵀJ` over its first `count` parameters, times `variance`.
pub(crate) fn covariance(normal: &Matrix, count: usize, variance: f64) -> Result<Matrix, NoCovariance> {
    let mut scale = [0.0; MOST];
    for i in 0..count {
        scale[i] = normal[i][i].sqrt();
        if scale[i].is_nan() || scale[i] <= 0.0 || scale[i].is_infinite() {
            return Err(NoCovariance::Singular);
        }
    }
    // Cholesky of the matrix with a unit diagonal.
    let mut factor = [[0.0; MOST]; MOST];
    for i in 0..count {
        for j in 0..=i {
            let known: f64 = (0..j).map(|l| factor[i][l] * factor[j][l]).sum();
            let rest = normal[i][j] / (scale[i] * scale[j]) - known;
            if i != j {
                factor[i][j] = rest / factor[j][j];
            } else if rest > LEAST_PIVOT {
                factor[i][i] = rest.sqrt();
            } else {
                return Err(NoCovariance::Singular);
            }
        }
    }
    let mut inverse = [[0.0; MOST]; MOST];
    for column in 0..count {
        let mut solution = [0.0; MOST];
        for i in 0..count {
            let known: f64 = (0..i).map(|l| factor[i][l] * solution[l]).sum();
            solution[i] = (f64::from(u8::from(i == column)) - known) / factor[i][i];
        }
        for i in (0..count).rev() {
            let known: f64 = (i + 1..count).map(|l| factor[l][i] * solution[l]).sum();
            solution[i] = (solution[i] - known) / factor[i][i];
        }
        for row in 0..count {
            inverse[row][column] = solution[row] * variance / (scale[row] * scale[column]);
        }
    }
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_inverse_comes_out() {
        let mut normal = [[0.0; MOST]; MOST];
        normal[0][..2].copy_from_slice(&[4.0, 2.0]);
        normal[1][..2].copy_from_slice(&[2.0, 3.0]);
        let found = covariance(&normal, 2, 8.0).unwrap();
        for (found, expected) in
            [(found[0][0], 3.0), (found[0][1], -2.0), (found[1][0], -2.0), (found[1][1], 4.0)]
        {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        normal[1][1] = 1.0;
        assert_eq!(covariance(&normal, 2, 8.0), Err(NoCovariance::Singular));
    }
}
